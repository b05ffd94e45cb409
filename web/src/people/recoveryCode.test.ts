import { expect, it } from "vitest";
import { codeIn, dropCode, groupsOf, heldCode, holdCode } from "./recoveryCode";

const PLAIN = "K7QM2XPA9RTDHW4C6ENBV3JS";

it.each(["K7QM 2XPA 9RTD HW4C 6ENB V3JS", " k7qm-2xpa-9rtd-hw4c-6enb-v3js\n", PLAIN.toLowerCase()])(
  "reads %j",
  (typed) => {
    expect(codeIn(typed)).toBe(PLAIN);
  },
);

it.each(["", "K7QM", `${PLAIN}A`, PLAIN.replace("K", "0"), PLAIN.replace("K", "I")])(
  "refuses %j",
  (typed) => {
    expect(codeIn(typed)).toBeNull();
  },
);

it("is shown in groups, and held until it is kept", () => {
  expect(groupsOf("AB CD")).toEqual(["AB", "CD"]);
  holdCode("ada", "AB CD");
  expect(heldCode("ada")).toBe("AB CD");
  dropCode("ada");
  expect(heldCode("ada")).toBeNull();
});
