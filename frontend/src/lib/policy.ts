/** The Content-Security-Policy of the pages: a template from outside, with a nonce for each answer. */

import { type Environment, setting } from "./config.ts";

export const POLICY_HEADER = "Content-Security-Policy";
export const POLICY_SETTING = "CONTENT_SECURITY_POLICY";

const NONCE = /\{nonce\}/g;

/** The template, or null where it is not set or has no place for a nonce: then the load balancer sends a policy. */
export function policyWith(env: Environment): string | null {
  const template = setting(env, POLICY_SETTING);
  return template?.includes("{nonce}") ? template : null;
}

/** The policy with a nonce made of `bytes`, of which there must be at least 16 random ones. */
export function withNonce(template: string, bytes: Uint8Array): string {
  if (bytes.length < 16) throw new RangeError("a nonce takes at least 16 random bytes");
  return template.replace(NONCE, btoa(String.fromCharCode(...bytes)));
}
