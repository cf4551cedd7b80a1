import { useQueryClient } from "@tanstack/react-query";
import type { Queue } from "@/data/queues";
import { overrideQueue, pauseQueue, queueQuery, resetQueue } from "@/data/queues";
import { attempt, said } from "@/ui/toast";

/** What can be done with a queue; what the server answers is shown at once. */
export function useQueueActions() {
  const client = useQueryClient();
  const act = async (what: string, made: () => Promise<Queue>, done: string) => {
    const queue = await attempt(what, made);
    if (!queue) return;
    client.setQueryData(queueQuery(queue.name).queryKey, queue);
    void client.invalidateQueries({ queryKey: ["queues"] });
    said(done);
  };
  return {
    pause: (queue: Queue) => act(`Could not ${queue.paused ? "resume" : "pause"} ${queue.name}`, () => pauseQueue(queue.name, !queue.paused), queue.paused ? `${queue.name} is resumed` : `${queue.name} is paused: what runs goes on`),
    override: (queue: Queue, limit: number, expiresIn?: string) => act(`Could not change ${queue.name}`, () => overrideQueue(queue.name, limit, expiresIn), `${queue.name} runs up to ${limit} at once`),
    reset: (queue: Queue) => act(`Could not reset ${queue.name}`, () => resetQueue(queue.name), `${queue.name} has the limits of the code again`),
  };
}
