import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { openWaitsQuery } from "@/data/waits";
import { Header, Page } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";
import { History } from "./History";
import { Inbox } from "./Inbox";
import type { ApprovalsSearch, Tab } from "./search";

/** Questions of runs to people: what waits, and what was decided. */
export default function Approvals() {
  const { tab = "waiting" } = useSearch({ strict: false }) as ApprovalsSearch;
  const navigate = useNavigate();
  const { data } = useQuery(openWaitsQuery);
  const open = data?.data.length;
  return (
    <Page title={open ? `(${open}) Approvals` : "Approvals"} header={<Header title="Approvals" />} className="flex flex-col">
      <Tabs<Tab>
        tabs={[
          { name: "waiting", label: "Waiting", count: open },
          { name: "decided", label: "Decided" },
        ]}
        current={tab}
        onChange={(name) => void navigate({ to: "/approvals", search: name === "decided" ? { tab: "decided" } : {} })}
      >
        {tab === "decided" ? <History /> : <Inbox />}
      </Tabs>
    </Page>
  );
}
