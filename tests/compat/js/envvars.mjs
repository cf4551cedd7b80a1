// Environment variables.
import { envvars } from "@trigger.dev/sdk";
import { assert, check, fresh, refused, report } from "./checks.mjs";

const PROJECT = "proj_default";
const name = (text) => fresh(text).toUpperCase().replaceAll("-", "_");

check("the life of a variable", async () => {
  const NAME = name("LIFE");
  assert.deepEqual(await envvars.create(PROJECT, "dev", { name: NAME, value: "one" }), { success: true });
  assert.equal((await envvars.retrieve(PROJECT, "dev", NAME)).value, "one");
  assert.ok((await envvars.list(PROJECT, "dev")).some((one) => one.name === NAME && one.value === "one" && one.isSecret === false));
  await refused(envvars.create(PROJECT, "dev", { name: NAME, value: "two" }), 400, 422);
  assert.equal((await envvars.del(PROJECT, "dev", NAME)).success, true);
  await refused(envvars.retrieve(PROJECT, "dev", NAME), 404);
  await refused(envvars.del(PROJECT, "dev", NAME), 404);
});

check("a secret's value is not shown", async () => {
  const NAME = name("SECRET");
  await envvars.create(PROJECT, "dev", { name: NAME, value: "hunter2-and-more", isSecret: true });
  const read = await envvars.retrieve(PROJECT, "dev", NAME);
  assert.equal(read.isSecret, true);
  assert.doesNotMatch(read.value ?? "", /hunter2/);
  assert.doesNotMatch(JSON.stringify(await envvars.list(PROJECT, "dev")), /hunter2/);
  await envvars.del(PROJECT, "dev", NAME);
});

check("many at once, over old ones only when told", async () => {
  const [ONE, TWO] = [name("ONE"), name("TWO")];
  await envvars.upload(PROJECT, "dev", { variables: { [ONE]: "1" }, override: false });
  await envvars.upload(PROJECT, "dev", { variables: { [ONE]: "2", [TWO]: "2" }, override: true });
  assert.equal((await envvars.retrieve(PROJECT, "dev", ONE)).value, "2");
  assert.equal((await envvars.retrieve(PROJECT, "dev", TWO)).value, "2");
  for (const one of [ONE, TWO]) await envvars.del(PROJECT, "dev", one);
});

check("an environment or a project that is not the key's", async () => {
  await refused(envvars.list(PROJECT, "nowhere"), 400, 404);
  await refused(envvars.list(PROJECT, "prod"), 404);
  await refused(envvars.list("proj_other", "dev"), 404);
});

await report();
