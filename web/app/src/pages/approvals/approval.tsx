import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Check, Copy, Mail } from "lucide-react";
import { useMay } from "@/data/may";
import type { WholeWait } from "@/data/waits";
import { waitQuery } from "@/data/waits";
import { duration } from "@/format/duration";
import { parseJson } from "@/format/json";
import { moment } from "@/format/time";
import { Id, useCopy } from "@/ui/Code";
import { Button } from "@/ui/Button";
import { Crumbs } from "@/ui/Crumbs";
import { Failure, Skeleton } from "@/ui/Empty";
import { Json } from "@/ui/Json";
import { Facts, Header, Page, Section } from "@/ui/Page";
import { Card } from "./Card";
import { Context } from "./Context";
import { questionOf, useDeciding } from "./deciding";
import { Answer, byWords } from "./History";

/** One question, open or decided. */
export default function Approval() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { data: wait, error, refetch } = useQuery(waitQuery(id));
  const { leaving, decide } = useDeciding();
  const mayAct = useMay("operator");
  return (
    <Page title={wait ? questionOf(wait) : "Approval"} header={<Header title={<Crumbs to="/approvals" list="Approvals">{wait ? questionOf(wait) : id}</Crumbs>} />}>
      {error && !wait && <Failure error={error} onRetry={() => void refetch()} />}
      {!wait && !error && <Skeleton />}
      {wait && (
        <div className="mx-auto flex max-w-3xl flex-col gap-4 p-4">
          {wait.status !== "WAITING" && <Decided wait={wait} />}
          {wait.status === "WAITING" && leaving.has(wait.id) && <p className="p-4 text-center text-fg-2">Your answer is on its way…</p>}
          {wait.status === "WAITING" && !leaving.has(wait.id) && <Card wait={wait} isCurrent isAlone onDecide={(_, answer, word) => decide([wait], () => answer, word)} />}
          {wait.status === "WAITING" && mayAct && (
            <Section title="Somebody else should answer?">
              <div className="flex items-center gap-3 p-4">
                <Mail aria-hidden className="size-5 shrink-0 text-fg-3" />
                <p className="min-w-0 flex-1 text-fg-2">Send them this link. It needs no account: whoever has it may answer this question, once.</p>
                <CopyLink text={wait.pageUrl} />
              </div>
            </Section>
          )}
        </div>
      )}
    </Page>
  );
}

function CopyLink({ text }: { text: string }) {
  const { isCopied, copy } = useCopy(text);
  return (
    <Button icon={isCopied ? <Check /> : <Copy />} onClick={() => void copy()}>
      {isCopied ? "Copied" : "Copy link"}
    </Button>
  );
}

/** What was answered, by whom, and what it was about. */
function Decided({ wait }: { wait: WholeWait }) {
  return (
    <Section title={questionOf(wait)} actions={<Answer wait={wait} />}>
      <Facts
        className="p-4"
        facts={[
          ["Decided by", byWords(wait)],
          wait.completedAt !== undefined && ["Decided", `${moment(wait.completedAt)}, after ${duration(Date.parse(wait.completedAt) - Date.parse(wait.createdAt))}`],
          ["Asked", moment(wait.createdAt)],
          wait.runId !== undefined && ["Asked by", <Link key="run" to="/runs/$runId" params={{ runId: wait.runId }} className="underline decoration-line-strong hover:text-fg">{wait.taskIdentifier ?? wait.runId}</Link>],
          wait.tags.length > 0 && ["Tags", wait.tags.join(", ")],
          ["Id", <Id key="id" id={wait.id} />],
        ]}
      />
      <div className="flex flex-col gap-3 border-t border-line p-4">
        {wait.output !== undefined && <Json value={parseJson(wait.output)} />}
        {wait.runId && <Context runId={wait.runId} />}
      </div>
    </Section>
  );
}
