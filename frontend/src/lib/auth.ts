/** GitHub sign-in by NextAuth. The session is an encrypted cookie; nothing is stored on the server. */

import { type NextAuthOptions, type Session, getServerSession } from "next-auth";
import GitHubProvider from "next-auth/providers/github";

import { type AuthConfig, authConfig } from "./config.ts";

export function authOptions(config: AuthConfig): NextAuthOptions {
  return {
    secret: config.secret,
    session: { strategy: "jwt" },
    pages: { signIn: "/sign-in", error: "/sign-in" },
    providers: [
      GitHubProvider({
        clientId: config.clientId,
        clientSecret: config.clientSecret,
        // A name and a picture are all that is shown, so nothing more is asked for.
        authorization: { params: { scope: "read:user" } },
        // The e-mail address that GitHub may send along is not taken into the cookie.
        profile: (user) => ({ id: String(user.id), name: user.name ?? user.login, image: user.avatar_url }),
      }),
    ],
  };
}

/** Who is signed in; null for a visitor and while sign-in is not configured. */
export async function currentSession(): Promise<Session | null> {
  const config = authConfig();
  return config === null ? null : getServerSession(authOptions(config));
}
