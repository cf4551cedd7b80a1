import { Header, Page } from "@/ui/Page";

export default function Runs() {
  return (
    <Page title="Runs" header={<Header title="Runs" />}>
      runs
    </Page>
  );
}
