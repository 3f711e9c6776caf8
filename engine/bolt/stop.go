package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// giveUp ends a transaction whose commit failed, and returns its error. If the
// header was written and only its sync failed, the transaction is in the file as
// all processes see it, but maybe not on the disk. So memory follows the file,
// and the engine stops: the next commit would overwrite what the header on the
// disk still refers to.
func (w *writer) giveUp(t *tx, id int, err error) error {
	if !w.e.reached(id) {
		t.rollback()
		return err
	}
	err = w.e.stop(err)
	if !t.visible {
		w.effect(t, id)
	}
	return err
}

// stop ends all writing. The first reason is the one that counts. It is for the
// writer alone.
func (e *Engine) stop(err error) error {
	if why := e.hasStopped(); why != nil {
		return why
	}
	e.whyStop = fmt.Errorf("%w (%v)", engine.ErrStopped, err)
	close(e.stopped)
	return e.whyStop
}

// hasStopped returns why nothing is written any more; nil if all is well.
func (e *Engine) hasStopped() error {
	select {
	case <-e.stopped:
		return e.whyStop
	default:
		return nil
	}
}

// reached reports whether the file, as this process sees it, has come to a
// transaction.
func (e *Engine) reached(id int) (yes bool) {
	var err error
	defer guard(&err)
	err = e.db.View(func(btx *bbolt.Tx) error {
		yes = btx.ID() >= id
		return nil
	})
	return yes
}
