/** Where the server is mounted: `` or `/runcast`. The server says it in `<base>`. */
export const BASE = new URL(document.baseURI).pathname.replace(/\/$/, "");
