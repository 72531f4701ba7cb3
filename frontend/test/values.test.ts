import assert from "node:assert/strict";
import { test } from "node:test";

import { LEVELS, levelOf, titled } from "../src/lib/levels.ts";
import { decodeKey } from "../src/lib/page-props.ts";
import { webAddress } from "../src/lib/urls.ts";

test("levels are known in any case, and each has its own number of rings", () => {
  assert.equal(levelOf("Flagship").rings, 4);
  assert.equal(levelOf("incubator").rings, 1);
  assert.equal(new Set(LEVELS.map(({ rings }) => rings)).size, LEVELS.length);
});

test("a level nobody knows keeps its name and has no ring", () => {
  assert.deepEqual(levelOf("on_hold"), { value: "on_hold", label: "On hold", meaning: "", rings: 0 });
});

test("names of values are made readable", () => {
  assert.equal(titled("code_library"), "Code library");
  assert.equal(titled(""), "");
});

test("only web addresses become links", () => {
  assert.equal(webAddress("https://owasp.org/www-project-zap/")?.host, "owasp.org");
  for (const value of ["javascript:alert(1)", "data:text/html,x", "owasp.org", "", null, undefined]) {
    assert.equal(webAddress(value), null);
  }
});

test("a key is decoded, and what cannot be one is none", () => {
  assert.equal(decodeKey("s%C3%A3o-paulo"), "são-paulo");
  for (const key of ["%E0%A4%A", "a%00b", "a".repeat(101)]) assert.equal(decodeKey(key), "");
});
