// Leaves what `next build` leaves: a server with all it needs, and static files.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";

mkdirSync(".next/standalone", { recursive: true });
mkdirSync(".next/static/chunks", { recursive: true });
cpSync("server.mjs", ".next/standalone/server.js");
writeFileSync(".next/standalone/package.json", '{ "type": "module" }');
writeFileSync(".next/static/chunks/small-1.js", `console.log(${JSON.stringify(process.env.NEST_RELEASE)});\n`);
