import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import { chooseEnvironment } from "@/data/api";
import { useMay } from "@/data/may";
import { meQuery, projectsQuery } from "@/data/me";
import { putProject } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Id } from "@/ui/Code";
import { Skeleton } from "@/ui/Empty";
import { Field, Input } from "@/ui/Field";
import { Section } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { said } from "@/ui/toast";
import { useSaving } from "./useSaving";

/** Projects, each with its environments: what is in one is seen in no other. */
export function ProjectSettings() {
  const { data: me } = useQuery(meQuery);
  const { data: projects } = useQuery(projectsQuery);
  const mayMake = useMay("admin") && me?.everywhere === true;
  const go = (id: string) => {
    chooseEnvironment(id);
    location.assign(document.baseURI);
  };
  return (
    <>
      <Section title="Projects and environments">
        {!projects && <Skeleton rows={2} />}
        <ul>
          {projects?.map((project) => (
            <li key={project.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-b-0">
              <div className="min-w-40 flex-1">
                <p className="font-medium">{project.name}</p>
                <Id id={project.externalRef} />
              </div>
              <ul className="flex flex-wrap gap-2">
                {project.environments.map((one) => (
                  <li key={one.id}>
                    {one.id === me?.environment ? (
                      <Tag className="border-accent text-fg">{one.slug} · here</Tag>
                    ) : me?.everywhere ? (
                      <button type="button" onClick={() => go(one.id)} title={`Go to ${one.id}`} className="inline-flex h-5 items-center rounded border border-line-strong px-1.5 text-2xs text-fg-2 hover:bg-hover hover:text-fg">
                        {one.slug}
                      </button>
                    ) : (
                      <Tag>{one.slug}</Tag>
                    )}
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      </Section>
      {mayMake && <NewProject />}
    </>
  );
}

function NewProject() {
  const [name, setName] = useState("");
  const [slug, setSlug] = useState("");
  const { isBusy, error, save } = useSaving(["projects"]);
  const made = slug || name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if ((await save(() => putProject(made, name))) === undefined) return;
    said(`${name} is made`);
    setName("");
    setSlug("");
  };
  return (
    <Section title="New project">
      <form onSubmit={(event) => void submit(event)} className="flex flex-wrap items-start gap-3 p-4">
        <Field label="Name" error={error} className="min-w-48 flex-1">
          {(props) => <Input {...props} required value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Slug" hint="In keys and addresses." className="min-w-40">
          {(props) => <Input {...props} required pattern="[a-z0-9-]+" className="font-mono" value={made} onChange={(event) => setSlug(event.target.value)} />}
        </Field>
        <Button type="submit" isBusy={isBusy} disabled={name === ""} className="mt-6">
          Create project
        </Button>
      </form>
    </Section>
  );
}
