package storagetest

import "kith/storage"

var statsCases = []testCase{
	{"stats are of all workspaces: the size, and the kept failures with the time of the oldest", func(w *world) {
		web := w.channel("Web")
		f := w.failure(web, "ann", "payload")
		w.fail(f)
		theirs := w.neighbour()
		theirs.fail(theirs.failure(theirs.channel("Web"), "ann", "payload"))
		s, err := w.Stats(w.ctx)
		w.check(err)
		w.same("a size", s.Size > 0, true)
		w.same("failures of both", s.Failures >= 2 && s.Failures <= storage.MaxStatsCount, true)
		w.same("the oldest is this one or older", s.OldestFailure.IsZero() || s.OldestFailure.After(f.At), false)
		w.same("no replicas that are behind", s.ReplicaLag != nil && s.Replicas == 0, false)
	}},
}
