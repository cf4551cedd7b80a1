import { useQuery } from "@tanstack/react-query";
import { BookOpen } from "lucide-react";
import { BASE } from "@/data/api";
import { aboutQuery } from "@/data/settings";
import { Skeleton } from "@/ui/Empty";
import { Facts, Section } from "@/ui/Page";

const DATABASES = { sqlite: "SQLite, a file beside the server", postgres: "PostgreSQL, which several servers may share" };

/** What runs here. */
export function AboutSettings() {
  const { data: about } = useQuery(aboutQuery);
  return (
    <Section title="About">
      {!about && <Skeleton rows={3} />}
      {about && (
        <>
          <Facts
            className="p-4"
            facts={[
              ["Runcast", about.version],
              ["Database", DATABASES[about.database]],
              ["Python", about.python],
              ["Public address", about.publicUrl || <span key="none" className="text-fg-3">not set: addresses in mail and alerts need the setting <code className="font-mono text-xs">public_url</code></span>],
              ["Licence", about.license],
            ]}
          />
          <p className="border-t border-line p-4">
            <a href={`${BASE}/api/docs`} className="inline-flex items-center gap-2 text-accent hover:underline">
              <BookOpen aria-hidden className="size-4" />
              Reference of the HTTP API
            </a>
          </p>
        </>
      )}
    </Section>
  );
}
