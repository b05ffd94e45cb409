import { expect, it } from "vitest";
import { bansIn } from "./bans";

const entry = (id: string, action: string, person: string) => ({
  entry: id,
  at: "2026-11-30T00:00:00Z",
  by: "ada",
  action,
  person,
  detail: "",
});

it("are those that were not lifted, each by its latest entry", () => {
  const trail = [
    entry("5", "ban", "bob"),
    entry("4", "unban", "bob"),
    entry("3", "mute", "eve"),
    entry("2", "unban", "eve"),
    entry("1", "ban", "eve"),
    entry("0", "ban", "bob"),
  ];
  expect(bansIn(trail).map((ban) => ban.entry)).toEqual(["5"]);
});
