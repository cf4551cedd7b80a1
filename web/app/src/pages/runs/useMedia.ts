import { useMedia } from "@/ui/useMedia";

export const usePhone = () => useMedia("(max-width: 639px)");
