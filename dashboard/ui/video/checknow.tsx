/** "Check now": asks the collectors to probe the camera in full, and tells which rungs have been decided since. */
import { useState } from "preact/hooks";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { mayAct } from "../core/site";
import { now, parse } from "../core/time";
import type { AssetRecord } from "../records";
import { verdict } from "./facts";
import { RUNGS } from "./states";

interface Check {
  at: string;
  within_s: number;
}

interface Props {
  asset: AssetRecord;
  /** Called with the server's time at which the check began. */
  onBegun: (at: number) => void;
}

export function CheckNow({ asset, onBegun }: Props) {
  const [check, setCheck] = useState<Check | null>(null);
  const [asking, setAsking] = useState(false);
  const [refused, setRefused] = useState("");
  if (!mayAct(asset.region)) return null;
  const begin = async (): Promise<void> => {
    setAsking(true);
    setRefused("");
    try {
      const path = `/api/v1/video/cameras/${encodeURIComponent(asset.id)}/check`;
      const begun = await send<Check>("POST", path);
      setCheck(begun);
      onBegun(parse(begun.at) ?? 0);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setRefused(error.message);
    }
    setAsking(false);
  };
  const progress = check && progressOf(asset, check);
  return (
    <p class="check-now">
      <button type="button" class="primary" data-check-now="" disabled={asking || progress?.over === false}
        onClick={() => void begin()}>
        {t("video.check.now")}
      </button>
      <span role="status" class="quiet">
        {refused || (progress ? t(progress.over ? "video.check.over" : "video.check.runs", progress) : "")}
      </span>
    </p>
  );
}

/** How many of the rungs that are checked at all were decided since the check began, and whether it has ended. */
function progressOf(asset: AssetRecord, check: Check): { n: number; of: number; over: boolean } {
  const begun = parse(check.at) ?? 0;
  const rungs = RUNGS.map((rung) => verdict(asset, rung)).filter(({ state }) => state !== "not-checked");
  const n = rungs.filter(({ at }) => (parse(at) ?? 0) >= begun).length;
  return { n, of: rungs.length, over: n === rungs.length || now() > begun + check.within_s * 1000 };
}
