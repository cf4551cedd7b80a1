import { useQuery, useQueryClient } from "@tanstack/react-query";
import { EllipsisVertical, UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { meQuery } from "@/data/me";
import type { Person, Role } from "@/data/settings";
import { changePerson, peopleQuery, ROLES } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Menu } from "@/ui/Menu";
import { Section } from "@/ui/Page";
import { Table } from "@/ui/Table";
import { Tag } from "@/ui/Tag";
import { Ago } from "@/ui/Time";
import { attempt, said } from "@/ui/toast";
import { AddPerson, SetPassword } from "./PersonForms";

export const PERSON_ROLES: readonly Role[] = ["viewer", "operator", "admin"];

/** Who may sign in, and what they may do. */
export function PeopleSettings() {
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const { data: people, error, refetch } = useQuery(peopleQuery);
  const [open, setOpen] = useState<"add" | Person>();
  const change = async (person: Person, wanted: Parameters<typeof changePerson>[1], done: string) => {
    const now = await attempt(`Could not change ${person.email}`, () => changePerson(person.id, wanted));
    if (!now) return;
    void client.invalidateQueries({ queryKey: ["people"] });
    said(done);
  };
  return (
    <Section
      title="People"
      actions={
        <Button icon={<UserPlus />} shortcut="n" onClick={() => setOpen("add")}>
          Add person
        </Button>
      }
    >
      {error && !people && <Failure error={error} onRetry={() => void refetch()} />}
      {!people && !error && <Skeleton rows={3} />}
      {people?.length === 0 && (
        <Empty icon={<Users />} title="Nobody has an account yet">
          <p className="mb-3">Whoever opens this page on this machine needs none. Everybody else signs in. In a shell:</p>
          <Code text="runcast users add you@example.com --role admin" className="text-left" />
        </Empty>
      )}
      {people && people.length > 0 && (
        <div className="overflow-x-auto">
          <Table
            label="People"
            rows={people}
            keyOf={(person) => person.id}
            rowClass={(person) => person.disabledAt !== undefined && "opacity-60"}
            columns={[
              {
                key: "email",
                label: "Person",
                className: "w-full max-w-0 min-w-36",
                cell: (person) => (
                  <div className="flex min-w-0 flex-col py-1">
                    <span className="truncate font-medium">
                      {person.email} {person.id === me?.personId && <Tag>you</Tag>}
                    </span>
                    {person.name && <span className="truncate text-xs text-fg-3">{person.name}</span>}
                  </div>
                ),
              },
              { key: "role", label: "Role", cell: (person) => <span title={ROLES[person.role]}>{person.disabledAt ? "disabled" : person.role}</span> },
              { key: "seen", label: "Signed in", isWide: true, className: "whitespace-nowrap text-fg-3", cell: (person) => (person.signedInAt ? <Ago at={person.signedInAt} /> : "never") },
              {
                key: "act",
                label: <span className="sr-only">Actions</span>,
                className: "text-right",
                cell: (person) => (
                  <Menu
                    trigger={<Button tone="quiet" aria-label={`Actions for ${person.email}`} icon={<EllipsisVertical />} />}
                    items={[
                      ...PERSON_ROLES.filter((role) => role !== person.role && person.id !== me?.personId).map((role) => ({
                        label: `Make ${role}`,
                        hint: `${ROLES[role]}. They sign in again.`,
                        onSelect: () => void change(person, { role }, `${person.email} is ${role} now`),
                      })),
                      { label: "Set password…", hint: "For who forgot theirs.", onSelect: () => setOpen(person) },
                      null,
                      person.id !== me?.personId &&
                        (person.disabledAt
                          ? { label: "Enable", hint: "They may sign in again.", onSelect: () => void change(person, { disabled: false }, `${person.email} may sign in again`) }
                          : { label: "Disable", hint: "They are signed out at once, and may not come back.", isDanger: true, onSelect: () => void change(person, { disabled: true }, `${person.email} is disabled`) }),
                    ]}
                  />
                ),
              },
            ]}
          />
        </div>
      )}
      {open === "add" && <AddPerson onClose={() => setOpen(undefined)} />}
      {open !== undefined && open !== "add" && <SetPassword person={open} onClose={() => setOpen(undefined)} />}
    </Section>
  );
}
