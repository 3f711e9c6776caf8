package audit

import "nixie/engine"

// expiry: nothing is delivered, and nothing expires before, the queue's TTL after
// it entered the queue: in its publish, or when an operator sent it back.
func (x *index) expiry(m *message) {
	if m.sent == nil {
		return
	}
	ttl := int64(x.h.Policies[m.queue].TTL)
	if ttl == 0 {
		return
	}
	for _, d := range m.deliveries {
		if late := d.granted - m.sent.call.End - ttl; late >= 0 && !x.handled(m, 0, d.granted) {
			x.report(Expiry, "%s of %s is delivered %d ns after it has expired", m.id, m.queue, late)
		}
	}
	if f := m.census; f != nil && f.Death != nil && f.Death.Reason == engine.Expired {
		if early := m.sent.call.Begin + ttl - f.Death.At.UnixNano(); early > 0 {
			x.report(Expiry, "%s of %s expires %d ns too early", m.id, m.queue, early)
		}
	}
}
