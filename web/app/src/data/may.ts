import { useQuery } from "@tanstack/react-query";
import type { Me } from "./me";
import { meQuery } from "./me";

const ORDER: readonly NonNullable<Me["role"]>[] = ["viewer", "operator", "worker", "admin"];

/** Whether who is signed in may do what a role may: what they may not do is not offered. */
export function useMay(role: "operator" | "admin"): boolean {
  const { data: me } = useQuery(meQuery);
  return me?.role !== undefined && ORDER.indexOf(me.role) >= ORDER.indexOf(role);
}
