import { useMedia } from "@/ui/useMedia";

/** Upright or on its side; a desktop that is zoomed to 200 % has no more room. */
const PHONE = "(max-width: 640px), (max-width: 900px) and (max-height: 560px)";

/** Whether there is no room for more than one thing beside the other. */
export const useIsPhone = () => useMedia(PHONE);
