import { type NextRequest, NextResponse } from "next/server";

import { POLICY_HEADER, policyWith, withNonce } from "@/lib/policy.ts";

/** Gives each page a Content-Security-Policy with a nonce of its own; Next.js puts the nonce on its scripts. */
export function proxy(request: NextRequest): NextResponse {
  const template = policyWith(process.env);
  if (template === null) return NextResponse.next();
  const policy = withNonce(template, crypto.getRandomValues(new Uint8Array(16)));
  const headers = new Headers(request.headers);
  headers.set(POLICY_HEADER, policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set(POLICY_HEADER, policy);
  return response;
}

/** All but files, which hold no script that a nonce could allow. */
export const config = { matcher: ["/((?!_next/static|fonts/|fonts.css|icon.svg|favicon.ico|og.png|api/health).*)"] };
