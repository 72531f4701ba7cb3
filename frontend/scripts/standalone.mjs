// After a build: complete .next/standalone, so that the folder runs alone with
// `node server.js`. Next leaves static files and public/ out of it.
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const output = join(root, ".next", "standalone");

if (!existsSync(join(output, "server.js"))) {
  throw new Error("no server.js in .next/standalone: run `npm run build`, which builds it first");
}
cpSync(join(root, ".next", "static"), join(output, ".next", "static"), { recursive: true });
cpSync(join(root, "public"), join(output, "public"), { recursive: true });
// Settings come from the environment of the process alone.
for (const name of readdirSync(output)) {
  if (name.startsWith(".env")) rmSync(join(output, name));
}
