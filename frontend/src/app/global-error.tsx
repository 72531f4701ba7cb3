"use client";

import "./globals.css";

import ErrorPage from "./error.tsx";

/** Stands in when the layout itself fails. */
export default function GlobalError(props: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <main id="content">
          <ErrorPage {...props} />
        </main>
      </body>
    </html>
  );
}
