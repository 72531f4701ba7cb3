// Before a build: lay the packaged typeface into public/.
//
// The fonts are served by the site and not by the CDN on purpose: a font from another
// origin needs CORS headers there, and one header less is one thing less to get wrong.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const family = "atkinson-hyperlegible-next";
const from = join(root, "node_modules", "@fontsource-variable", family);
const to = join(root, "public", "fonts");

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const subset of ["latin", "latin-ext"]) {
  copyFileSync(
    join(from, "files", `${family}-${subset}-wght-normal.woff2`),
    join(to, `atkinson-next-5-${subset}.woff2`),
  );
}
copyFileSync(join(from, "LICENSE"), join(to, "LICENSE.txt"));
