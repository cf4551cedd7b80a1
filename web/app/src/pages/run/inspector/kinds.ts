export type ArtifactKind = "mail" | "html" | "markdown" | "json" | "csv" | "tsv" | "image" | "text" | "other";

/** How an artifact is looked at. */
export function kindOf(contentType: string): ArtifactKind {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "message/rfc822") return "mail";
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  if (type === "text/markdown" || type === "text/x-markdown") return "markdown";
  if (type === "application/json" || type.endsWith("+json")) return "json";
  if (type === "text/csv") return "csv";
  if (type === "text/tab-separated-values") return "tsv";
  if (type.startsWith("image/")) return "image";
  return type.startsWith("text/") ? "text" : "other";
}
