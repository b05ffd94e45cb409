import { expect, it } from "vitest";
import { memoryDatabase } from "./database";
import { fold, forgetSecret, keepSecret, newSecret, secretOf } from "./secrets";

it("is 32 random bytes in base64url", () => {
  const made = Array.from({ length: 50 }, newSecret);
  for (const secret of made) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(new Set(made).size).toBe(50);
});

it("is one for each name, whatever its case, and the same for two that ask at once", async () => {
  const database = memoryDatabase();
  const [one, other] = await Promise.all([secretOf(database, "Ada"), secretOf(database, "ADA")]);
  expect(one).toEqual(other);
  expect(await secretOf(database, "Bob")).not.toEqual(one);
});

it("knows its person once that is kept, and is another one once it is forgotten", async () => {
  const database = memoryDatabase();
  await keepSecret(database, "Ada", { secret: "s", userId: "ada" });
  expect(await secretOf(database, "ada")).toEqual({ secret: "s", userId: "ada" });
  await forgetSecret(database, "Ada");
  expect((await secretOf(database, "Ada")).secret).not.toBe("s");
});

it("lasts as long as the page where nothing can be stored", async () => {
  const database = memoryDatabase();
  const full = { ...database, update: async () => "failed" as const };
  const { secret } = await secretOf(full, "Ada");
  expect((await database.get("secret/ada")) as object).toMatchObject({ secret });
});

it("folds names as the server does", () => {
  expect(fold("Straße")).toBe(fold("STRASSE"));
  expect(fold("Ａｄａ")).toBe("ada");
});
