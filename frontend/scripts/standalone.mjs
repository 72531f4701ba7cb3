// After a build: complete .next/standalone, so that the folder runs alone with
// `node server.js`. Next leaves static files and public/ out of it.
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const output = join(root, ".next", "standalone");

if (!existsSync(join(output, "server.js"))) {
  throw new Error("no server.js in .next/standalone: run `npm run build`, which builds it first");
}
cpSync(join(root, ".next", "static"), join(output, ".next", "static"), { recursive: true });
cpSync(join(root, "public"), join(output, "public"), { recursive: true });

for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
  const settings = entry.parentPath === output && entry.name.startsWith(".env");
  // Settings come from the process alone, and production serves no source map.
  if (entry.isFile() && (settings || entry.name.endsWith(".map"))) rmSync(join(entry.parentPath, entry.name));
}

// Next notes the folder it was built in. Nothing reads it where the output runs, and with one
// name for it, the same sources give the same files on every machine.
for (const name of ["server.js", ".next/required-server-files.json"]) {
  const file = join(output, name);
  const place = JSON.stringify(root).slice(1, -1);
  writeFileSync(file, readFileSync(file, "utf8").replaceAll(place, "/app"));
}
