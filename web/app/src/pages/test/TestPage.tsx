import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { payloadQuery, tasksQuery } from "@/data/tasks";
import { Crumbs } from "@/ui/Crumbs";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { TestForm } from "./TestForm";

const route = getRouteApi("/test/$name");

/** Try a task: a form of its payload, and how to run it. */
export default function TestPage() {
  const { name } = route.useParams();
  const { from } = route.useSearch();
  const { data, error, refetch } = useQuery(tasksQuery);
  const begun = useQuery({ ...payloadQuery(from ?? ""), enabled: from !== undefined });
  const task = data?.data.find((one) => one.name === name);
  if (task && (from === undefined || begun.data || begun.error)) return <TestForm key={`${name} ${from}`} task={task} {...(begun.data ? { begun: { payload: begun.data.payload } } : {})} />;
  return (
    <Page
      title={`Test ${name}`}
      header={
        <Header
          title={
            <Crumbs to="/test" list="Test">
              {name}
            </Crumbs>
          }
        />
      }
    >
      {error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : data && !task ? (
        <Empty title={`No worker has declared ${name}`}>
          <Link to="/test" className="text-accent hover:underline">
            Choose another task
          </Link>
        </Empty>
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}
