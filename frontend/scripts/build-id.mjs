import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const inputs = ["package-lock.json", "next.config.ts", "tsconfig.json", "src", "scripts", "public"];

/**
 * Every file under `path`, sorted; `path` itself when it is a file.
 *
 * @param {string} path
 * @returns {string[]}
 */
function files(path) {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return [path];
    throw error;
  }
}

/**
 * The build's name: NEST_RELEASE where it is set, otherwise a hash of the sources,
 * so that the same sources give the same name on every machine.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
export function buildId(env = process.env) {
  const release = env["NEST_RELEASE"];
  if (release) return release.replace(/[^A-Za-z0-9._-]/g, "-");
  const hash = createHash("sha256").update(env["NEXT_PUBLIC_ASSET_PREFIX"] ?? "");
  for (const file of inputs.flatMap((name) => files(join(root, name)))) {
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}
