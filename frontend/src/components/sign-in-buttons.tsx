"use client";

import { signIn, signOut } from "next-auth/react";

export function SignInButton() {
  return (
    <button type="button" onClick={() => void signIn("github", { callbackUrl: "/sign-in" })}>
      Continue with GitHub
    </button>
  );
}

export function SignOutButton() {
  return (
    <button type="button" onClick={() => void signOut({ callbackUrl: "/" })}>
      Sign out
    </button>
  );
}
