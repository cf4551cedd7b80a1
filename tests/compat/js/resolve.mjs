// Bare names are those of the installed packages, wherever a script is; REACT=18 makes React 18 of "react" everywhere.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const here = new URL(".", import.meta.url).href;
const modules = pathToFileURL(`${process.env.COMPAT_MODULES}/scripts.mjs`).href;
const old = process.env.REACT === "18";

registerHooks({
  resolve(specifier, context, next) {
    const [, name, rest] = /^(react|react-dom)(\/.*)?$/.exec(specifier) ?? [];
    const wanted = name && old ? `${name}18${rest ?? ""}` : specifier;
    const ours = context.parentURL?.startsWith(here) && !/^(\.|node:|file:)/.test(specifier);
    return next(wanted, ours || wanted !== specifier ? { ...context, parentURL: modules } : context);
  },
});
