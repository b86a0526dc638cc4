"""The demo's tour: what the system can do, played through HTTP by different people, step by step.

    played = play(demo, "zh", print)

`playing` has the people, what they ask of services, and what is told of it; `cast` says who they are; each
other module plays some chapters, and `chapters` has their order. Everything that a step tells is read from
an answer, a mail that was caught or a webhook that was received; another one than expected ends the tour.
"""
