import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import { useFresh } from "@/live/useFresh";
import { Button } from "@/ui/Button";
import { Header, useTitle } from "@/ui/Page";
import { Tabs } from "@/ui/Tabs";
import { Channels } from "./Channels";
import { Deliveries } from "./Deliveries";
import { Events } from "./Events";
import { NewChannelDialog } from "./NewChannelDialog";
import type { AlertTab } from "./search";

const route = getRouteApi("/alerts");
const TABS = [
  { name: "events", label: "Events" },
  { name: "channels", label: "Channels" },
  { name: "deliveries", label: "Deliveries" },
] as const;

/** What somebody wanted to hear of, where it is told, and whether it arrived. */
export default function Alerts() {
  const { tab = "events" } = route.useSearch();
  const navigate = useNavigate();
  const mayChange = useMay("admin");
  const [isMaking, setMaking] = useState(false);
  useTitle("Alerts");
  useFresh("topic:runcast.alerts", ["alerts"]);
  const make = mayChange ? () => setMaking(true) : undefined;
  return (
    <div className="flex h-full min-w-0 flex-col">
      <Header
        title="Alerts"
        actions={
          make && (
            <Button tone="primary" icon={<Plus />} shortcut="n" onClick={make}>
              New channel
            </Button>
          )
        }
      />
      <Tabs<AlertTab> tabs={TABS} current={tab} onChange={(name) => void navigate({ to: "/alerts", search: name === "events" ? {} : { tab: name }, replace: true })}>
        {tab === "events" && <Events onMake={make} />}
        {tab === "channels" && <Channels onMake={make} />}
        {tab === "deliveries" && <Deliveries />}
      </Tabs>
      {isMaking && <NewChannelDialog onClose={() => setMaking(false)} />}
    </div>
  );
}
