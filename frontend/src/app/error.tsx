"use client";

import { useEffect } from "react";

const MESSAGES: Readonly<Record<string, { title: string; text: string }>> = {
  NEST_BACKEND_UNREACHABLE: {
    title: "The data cannot be reached",
    text: "This site is running, but the service that holds its projects and chapters did not answer. It may be starting up or being replaced.",
  },
  NEST_BACKEND_REFUSED: {
    title: "The data could not be read",
    text: "The service that holds the projects and chapters answered with an error. The site's operator can see it in the log.",
  },
  NEST_NOT_CONFIGURED: {
    title: "This site is not set up yet",
    text: "It has not been told where its data is. The site's operator can see the missing setting in the log.",
  },
};

const OTHER = {
  title: "This page could not be shown",
  text: "Something went wrong while it was being put together. The site's operator can see it in the log.",
};

interface Props {
  readonly error: Error & { digest?: string };
}

export default function ErrorPage({ error }: Props) {
  const { title, text } = MESSAGES[error.digest ?? ""] ?? OTHER;
  useEffect(() => {
    document.title = `${title} · Nest`;
  }, [title]);
  return (
    <div className="wrap page narrow" role="alert">
      <p className="kicker">Error</p>
      <h1>{title}</h1>
      <p className="lede">{text}</p>
      {/* A full load, not a re-render: the server decides again whether it can answer. */}
      <button type="button" onClick={() => window.location.reload()}>
        Try again
      </button>
      {error.digest && !(error.digest in MESSAGES) && <p className="count">Log reference {error.digest}</p>}
    </div>
  );
}
