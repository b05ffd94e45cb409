import { describe, expect, it } from "vitest";
import { destinationOf } from "./link";

describe("a link tells where it leads", () => {
  it.each([
    ["https://bank.example", "https://evil.example/login", "evil.example"],
    ["bank.example", "https://evil.example", "evil.example"],
    ["the bank", "https://bank.example/x", "bank.example"],
    ["the bank", "https://bank.example:8443/x", "bank.example:8443"],
    ["https://bank.example", "http://bank.example", "http://bank.example"],
    ["https://bank.example", "https://bank.example.evil.example", "bank.example.evil.example"],
    ["bank.example@evil.example", "https://bank.example@evil.example", "evil.example"],
    ["bank.example and more", "https://bank.example", "bank.example"],
    ["evil.example\u202e", "https://evil.example", "evil.example"],
    ["support@bank.example", "mailto:thief@evil.example", "thief@evil.example"],
    ["a@b.example", "mailto:a@b.example?cc=c@d.example", "a@b.example?cc=c@d.example"],
    ["a@b.example", "https://a.example", "a.example"],
  ])("%j to %j: %j", (shown, href, where) => expect(destinationOf(shown, href)).toBe(where));

  it.each([
    ["https://bank.example@evil.example", "evil.example"],
    ["https://bank.example%2Flogin@evil.example/", "evil.example"],
    ["https://bank.example:443@evil.example:8443/", "evil.example:8443"],
    ["https:///evil.example/bank.example", "evil.example"],
    ["https://evil.example\\.bank.example", "evil.example"],
    ["https://bänk.example/", "xn--bnk-qla.example"],
    ["https://bаnk.example/", "xn--bnk-6cd.example"],
    ["https://bank.example\u200b.evil.example/", "bank.example.evil.example"],
    ["https://ｂank.example/", "bank.example"],
    ["https://b%61nk.example/", "bank.example"],
    ["http://2130706433/", "http://127.0.0.1"],
  ])("%j, as it stands: %j", (href, where) => expect(destinationOf(href, href)).toBe(where));
});

describe("a link that says so itself", () => {
  it.each([
    ["https://bank.example", "https://bank.example/login?a#b"],
    ["bank.example", "http://bank.example"],
    [" Bank.Example/login ", "https://bank.example/login"],
    ["bank.example?q", "https://bank.example"],
    ["bank.example:8443#top", "https://bank.example:8443"],
    ["https://BANK.example/a@b", "https://BANK.example/a@b"],
    ["https://xn--bnk-qla.example/", "https://xn--bnk-qla.example/"],
    ["http://[::1]:8080/x", "http://[::1]:8080/x"],
    ["a@b.example", "mailto:a@b.example"],
    ["mailto:a@b.example?subject=hi", "mailto:a@b.example?subject=hi"],
  ])("%j to %j", (shown, href) => expect(destinationOf(shown, href)).toBeNull());
});
