/** Everything at once: the four feeds, incidents and alerts. Every grave thing calls it. */
import AlertBoard from "../board";
import { ApprovalsCard, EmergencyCard, NetworkCard, VideoCard } from "../feedcards";
import { matters } from "../matters";
import type { Scene } from "../scene";

function Feeds() {
  return <><NetworkCard /><VideoCard /><ApprovalsCard /><EmergencyCard /></>;
}

const Right = () => <AlertBoard />;

export const all: Scene = {
  name: "all", seconds: 120, Left: Feeds, Right, calls: () => matters.value,
};
