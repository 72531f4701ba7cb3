/** /.well-known/security.txt (RFC 9116): where to report a vulnerability. */

import { type Environment, setting } from "./config.ts";

/** Where OWASP Nest takes reports; SECURITY_CONTACT names another place. */
export const CONTACT = "https://github.com/OWASP/Nest/security";

const VALID_DAYS = 180;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The file's text. `Expires` moves with the day it is asked for: RFC 9116 wants less than a year. */
export function securityText(env: Environment, site: URL | null, now: Date): string {
  const day = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const expires = new Date(day + VALID_DAYS * DAY_MS).toISOString().replace(".000", "");
  const lines = [
    `Contact: ${setting(env, "SECURITY_CONTACT") ?? CONTACT}`,
    `Expires: ${expires}`,
    "Preferred-Languages: en",
    ...(site ? [`Canonical: ${new URL("/.well-known/security.txt", site).href}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
