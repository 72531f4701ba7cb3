import NextLink from "next/link";
import type { ComponentProps } from "react";

/** A link inside the site. Every page asks the backend, so none is fetched before it is wanted. */
export function Link(props: Omit<ComponentProps<typeof NextLink>, "prefetch">) {
  return <NextLink {...props} prefetch={false} />;
}
