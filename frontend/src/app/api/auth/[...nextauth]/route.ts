import NextAuth from "next-auth";

import { authOptions } from "@/lib/auth.ts";
import { authConfig } from "@/lib/config.ts";

export const dynamic = "force-dynamic";

interface Context {
  readonly params: Promise<{ nextauth: string[] }>;
}

async function handle(request: Request, context: Context): Promise<Response> {
  const config = authConfig();
  if (config === null) {
    return Response.json({ error: "GitHub sign-in is not configured" }, { status: 503 });
  }
  return NextAuth(authOptions(config))(request, context);
}

export { handle as GET, handle as POST };
