"""待办: what waits for whom, derived from what happened. Pure.

A matter is what one stream of a service is about: a plan, a topic, a meeting, a ledger entry, a problem.
Each has a module here with a `state` that events of a few streams leave in the matter's document, and the
`duties` that follow from it. A duty is there as long as something is to be done, and is gone with the event
that does it; nobody ticks it off.

    plans      review, approve, issue
    topics     triage, adopt or reject, next step, schedule a consultation, rate a reply
    meetings   send the notice, answer an invitation, hold it, draft, sign and publish the minutes
    entries    assign problems, write the case, add a report, archive
    problems   reply, help, look again, reassign, set a date, confirm, decide
"""
