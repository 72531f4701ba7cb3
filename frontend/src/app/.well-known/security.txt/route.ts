import { securityText } from "@/lib/security-text.ts";
import { siteUrl } from "@/lib/site.ts";

export const dynamic = "force-dynamic";

export function GET(): Response {
  return new Response(securityText(process.env, siteUrl(), new Date()), {
    headers: { "Content-Type": "text/plain; charset=utf-8" },
  });
}
