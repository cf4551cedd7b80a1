import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Empty } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";

/** An address that leads nowhere, and the way back. */
export function NotFound() {
  return (
    <Page title="Page not found" header={<Header title="Page not found" />}>
      <Empty
        icon={<Compass />}
        title="There is no such page"
        action={
          <Link to="/runs" className="text-accent hover:underline">
            Go to runs
          </Link>
        }
      >
        The address may be mistyped, or belong to an app that is not installed.
      </Empty>
    </Page>
  );
}
