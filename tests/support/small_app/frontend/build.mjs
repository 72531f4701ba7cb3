// Leaves what `next build` leaves: a server with all it needs, and static files.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";

mkdirSync(".next/standalone", { recursive: true });
mkdirSync(".next/static/chunks", { recursive: true });
cpSync("server.mjs", ".next/standalone/server.js");
writeFileSync(".next/standalone/package.json", '{ "type": "module" }');

const script = `${process.env.NEXT_PUBLIC_ASSET_PREFIX}/_next/static/chunks/small-1.js`;
writeFileSync(".next/static/chunks/small-1.js", `console.log(${JSON.stringify(process.env.NEST_RELEASE)});\n`);
writeFileSync(".next/standalone/page.html", `<h1>Small</h1><script src="${script}"></script>`);
