/** Who a lead is, and where. */
export function LeadHead({ name, title, company, url }: { name: string; title: string; company: string; url: string }) {
  return (
    <div className="mb-4 flex flex-wrap items-baseline gap-x-3">
      <h2 className="text-xl font-semibold">{name}</h2>
      <p className="text-fg-2">{[title, company].filter(Boolean).join(", ")}</p>
      <a href={url} target="_blank" rel="noopener noreferrer" className="ml-auto text-accent hover:underline max-sm:ml-0">
        {url.replace("https://www.", "")}
      </a>
    </div>
  );
}
