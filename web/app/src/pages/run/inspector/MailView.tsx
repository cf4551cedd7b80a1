import { useMemo, useState } from "react";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/Code";
import { HtmlFrame } from "@/ui/HtmlFrame";
import { readMail } from "./mail";

/** An e-mail as its reader sees it, without whatever it would load. */
export function MailView({ raw }: { raw: string }) {
  const mail = useMemo(() => readMail(raw), [raw]);
  const [isText, setText] = useState(mail.html === undefined);
  const subject = mail.headers.find(([name]) => name === "Subject")?.[1];
  return (
    <article className="overflow-hidden rounded-card border border-line">
      <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 border-b border-line bg-sunken p-3 text-xs">
        {mail.headers.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-fg-3">{name}</dt>
            <dd className={name === "Subject" ? "font-semibold break-words" : "break-words"}>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="flex items-center gap-1 px-3 pt-2">
        {mail.html !== undefined && mail.text !== undefined && (
          <Button tone="quiet" className="h-6 text-xs" onClick={() => setText(!isText)}>
            {isText ? "Show the page" : "Show the text"}
          </Button>
        )}
        {!isText && <span className="text-2xs text-fg-3">Remote images are blocked</span>}
        <span className="ml-auto flex items-center text-2xs text-fg-3">
          {subject && <CopyButton text={subject} label="Copy subject" className="size-6" />}
          <CopyButton text={mail.text ?? mail.html ?? ""} label="Copy text" className="size-6" />
        </span>
      </div>
      <div className="p-3 pt-1">{isText ? <p className="leading-6 break-words whitespace-pre-wrap">{mail.text}</p> : <HtmlFrame html={mail.html ?? ""} title={subject ?? "E-mail"} widths={false} />}</div>
      {mail.attachments.length > 0 && <p className="border-t border-line px-3 py-2 text-xs text-fg-2">Attached: {mail.attachments.map((one) => one.name).join(", ")}</p>}
    </article>
  );
}
