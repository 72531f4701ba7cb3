import type { Metadata } from "next";

import { SignInButton, SignOutButton } from "@/components/sign-in-buttons.tsx";
import { currentSession } from "@/lib/auth.ts";
import { authConfig } from "@/lib/config.ts";
import type { ListPageProps } from "@/lib/page-props.ts";
import { textParam } from "@/lib/pagination.ts";

export const metadata: Metadata = { title: "Sign in", robots: { index: false } };

export default async function SignInPage({ searchParams }: ListPageProps) {
  if (authConfig() === null) {
    return (
      <div className="wrap page narrow">
        <h1>Sign in</h1>
        <p className="notice">GitHub sign-in is not configured.</p>
        <p>Everything on this site can be read without signing in.</p>
      </div>
    );
  }
  const user = (await currentSession())?.user;
  const failed = textParam((await searchParams)["error"]) !== "";
  if (user) {
    return (
      <div className="wrap page narrow">
        <h1>Signed in</h1>
        <p className="person">
          {user.image?.startsWith("https://avatars.githubusercontent.com/") && (
            <img src={user.image} alt="" width={56} height={56} referrerPolicy="no-referrer" />
          )}
          <span>
            As <strong>{user.name ?? "a GitHub user"}</strong>, by GitHub.
          </span>
        </p>
        <SignOutButton />
      </div>
    );
  }
  return (
    <div className="wrap page narrow">
      <h1>Sign in</h1>
      {failed && (
        <p className="notice" role="alert">
          GitHub did not complete the sign-in. Nothing was changed; try again.
        </p>
      )}
      <p className="lede">Use your GitHub account. The site sees your public name and picture, and keeps them in a cookie only.</p>
      <SignInButton />
      <p className="count">Everything on this site can be read without signing in.</p>
    </div>
  );
}
