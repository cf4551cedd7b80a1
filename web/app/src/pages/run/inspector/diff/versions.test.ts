// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import type { Artifact } from "@/data/run";
import { versionsOf } from "./versions";

const artifact = (id: string, fields: Partial<Artifact> = {}): Artifact => ({ id, name: "mail.md", contentType: "text/markdown", size: 9, attempt: 1, createdAt: `2026-11-22T00:00:0${id}Z`, path: `/${id}`, ...fields });
const ids = (versions: ReturnType<typeof versionsOf>) => versions.map((one) => one.artifact.id);

describe("versions of an artifact", () => {
  it("are those of its name, of its own run first and the newest first", () => {
    const own = [artifact("1"), artifact("2", { attempt: 2 }), artifact("3", { attempt: 3 }), artifact("4", { name: "other.md" })];
    const related = [{ word: "the run it goes on from", artifacts: [artifact("5"), artifact("6", { name: "other.md" })] }];
    const found = versionsOf(own[2] as Artifact, own, related);
    expect(ids(found)).toEqual(["2", "1", "5"]);
    expect(found.map((one) => one.label.split(",")[0])).toEqual(["attempt 2", "attempt 1", "the run it goes on from"]);
  });

  it("are none of pictures, and none where there is one only", () => {
    const png = { contentType: "image/png" };
    expect(versionsOf(artifact("1", png), [artifact("1", png), artifact("2", png)], [])).toEqual([]);
    expect(versionsOf(artifact("1"), [artifact("1")], [])).toEqual([]);
    expect(versionsOf(artifact("1"), [artifact("1"), artifact("2", png)], [])).toEqual([]);
  });
});
