import assert from "node:assert/strict";
import { test } from "node:test";

import { monthOf } from "../src/lib/dates.ts";
import { policyWith, withNonce } from "../src/lib/policy.ts";
import { CONTACT, securityText } from "../src/lib/security-text.ts";
import { described, listPath, siteUrl } from "../src/lib/site.ts";

const TEMPLATE = "script-src 'self' 'nonce-{nonce}'; style-src 'self'";

test("a policy is sent only where it has a place for a nonce", () => {
  assert.equal(policyWith({ CONTENT_SECURITY_POLICY: TEMPLATE }), TEMPLATE);
  assert.equal(policyWith({ CONTENT_SECURITY_POLICY: "default-src 'self'" }), null);
  assert.equal(policyWith({}), null);
});

test("a nonce is made of all its bytes, of which there are enough", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => index * 16);
  const encoded = Buffer.from(bytes).toString("base64");
  assert.equal(withNonce(TEMPLATE, bytes), `script-src 'self' 'nonce-${encoded}'; style-src 'self'`);
  assert.throws(() => withNonce(TEMPLATE, new Uint8Array(15)), RangeError);
});

test("security.txt names a contact and a day less than a year away", () => {
  const now = new Date("2026-11-27T10:11:12Z");
  const text = securityText({}, new URL("https://nest.example.org/"), now);
  assert.match(text, new RegExp(`^Contact: ${CONTACT}$`, "m"));
  assert.match(text, /^Expires: 2027-05-26T00:00:00Z$/m);
  assert.match(text, /^Canonical: https:\/\/nest\.example\.org\/\.well-known\/security\.txt$/m);
  assert.match(securityText({ SECURITY_CONTACT: "mailto:a@example.org" }, null, now), /^Contact: mailto:a@example\.org$/m);
  assert.doesNotMatch(securityText({}, null, now), /Canonical/);
});

test("the address of a list leaves out what changes nothing", () => {
  assert.equal(listPath("/projects", { q: "", level: "" }, 1), "/projects");
  assert.equal(listPath("/projects", { q: "", level: "lab" }, 3), "/projects?level=lab&page=3");
  assert.equal(listPath("/search", { q: "a b&c" }, 1), "/search?q=a+b%26c");
});

test("the site's address is the one it was given, or none", () => {
  assert.equal(siteUrl({ NEXTAUTH_URL: "https://nest.example.org" })?.href, "https://nest.example.org/");
  assert.equal(siteUrl({ NEXTAUTH_URL: "to-be-set-in-aws-console" }), null);
  assert.equal(siteUrl({ NEXTAUTH_URL: "nest" }), null);
});

test("a page says the same of itself to search engines and to those who share it", () => {
  const page = described({ path: "/projects/zap", title: "ZAP", description: "A proxy.", indexed: false });
  assert.equal(page.alternates?.canonical, "/projects/zap");
  assert.equal(page.openGraph?.url, "/projects/zap");
  assert.equal(page.openGraph?.description, page.description);
  assert.deepEqual(page.robots, { index: false, follow: true });
  assert.equal(described({ path: "/", title: "a", description: "b" }).robots, undefined);
});

test("a month is written out", () => {
  assert.equal(monthOf("2025-01"), "January 2025");
  assert.equal(monthOf("2025-13"), "2025-13");
});
