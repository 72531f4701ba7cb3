import assert from "node:assert/strict";
import { test } from "node:test";

import { pageHref, pageParam, paginate, textParam } from "../src/lib/pagination.ts";

test("a page parameter is a page from 1 on, or 1", () => {
  assert.equal(pageParam("3"), 3);
  assert.equal(pageParam(["4", "5"]), 4);
  for (const value of [undefined, "", "0", "-2", "1.5", "two", "1e3", "99999999"]) assert.equal(pageParam(value), 1);
  assert.equal(pageParam("999999"), 417);
});

test("a text parameter is trimmed, cut and single", () => {
  assert.equal(textParam("  zap "), "zap");
  assert.equal(textParam(["first", "second"]), "first");
  assert.equal(textParam(undefined), "");
  assert.equal(textParam("abcdef", 3), "abc");
  assert.equal(textParam("a\0b\r\nc"), "a b c");
  assert.ok(textParam("ab😀", 3).isWellFormed(), "a cut may not leave half a character");
});

test("positions follow the page", () => {
  const { first, last, pages } = paginate(2, 50, 24);
  assert.deepEqual([first, last, pages], [25, 48, 3]);
  const end = paginate(3, 50, 24);
  assert.deepEqual([end.first, end.last], [49, 50]);
});

test("an empty list has one page and shows nothing", () => {
  const { first, last, pages, window } = paginate(1, 0);
  assert.deepEqual([first, last, pages, window], [0, 0, 1, [1]]);
});

test("a page past the end shows nothing and still leads back", () => {
  const { first, last, window } = paginate(9, 50, 24);
  assert.deepEqual([first, last], [0, 0]);
  assert.ok(window.includes(1) && window.includes(3));
});

test("the window leaves out pages, but never a single one", () => {
  assert.deepEqual(paginate(1, 240, 24).window, [1, 2, null, 10]);
  assert.deepEqual(paginate(5, 240, 24).window, [1, null, 4, 5, 6, null, 10]);
  assert.deepEqual(paginate(4, 240, 24).window, [1, 2, 3, 4, 5, null, 10]);
  assert.deepEqual(paginate(2, 72, 24).window, [1, 2, 3]);
});

test("an address holds what has a value, encoded", () => {
  assert.equal(pageHref("/projects", { q: "", level: "" }), "/projects");
  assert.equal(pageHref("/projects", { q: "a&b c", level: "lab" }, 2), "/projects?q=a%26b+c&level=lab&page=2");
  assert.equal(pageHref("/projects", { q: "x" }, 1), "/projects?q=x");
});
