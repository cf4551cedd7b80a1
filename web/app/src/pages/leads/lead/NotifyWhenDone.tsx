import { BellOff, BellRing } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/Button";
import type { Shown } from "@/ui/Status";
import { lookOf } from "@/ui/Status";
import { said } from "@/ui/toast";

/** Says so when the lead has ended: in the page, and by the system when it may. */
export function NotifyWhenDone({ name, status, isGoing }: { name: string; status: Shown; isGoing: boolean }) {
  const [isOn, setOn] = useState(() => typeof Notification !== "undefined" && Notification.permission === "granted");
  const before = useRef(status);
  useEffect(() => {
    const was = lookOf(before.current).hue;
    const now = lookOf(status);
    before.current = status;
    if (was === now.hue || (now.hue !== "ok" && now.hue !== "bad") || was === "ok" || was === "bad") return;
    const message = `${name}: ${now.word.toLowerCase()}`;
    said(message);
    if (isOn && document.hidden) new Notification("Runcast Leads", { body: message, tag: name });
  }, [status, name, isOn]);
  if (!isGoing || typeof Notification === "undefined" || Notification.permission === "denied") return null;
  const turn = async () => {
    if (isOn) return setOn(false);
    setOn((await Notification.requestPermission()) === "granted");
  };
  const label = isOn ? "You are told when it has ended" : "Tell me when it has ended";
  return <Button tone="quiet" aria-label={label} aria-pressed={isOn} title={label} icon={isOn ? <BellRing /> : <BellOff />} onClick={() => void turn()} />;
}
