"""The demo's tour: what the system can do, played through HTTP by different people, step by step.

    steps = play(settings, "zh", folder, print)

`playing` has the people, what they ask of services, and what is told of it; `cast` says who they are; each
other module plays some chapters, and `chapters` has their order. Everything that a step tells is read from
an answer; an answer other than the expected one ends the tour.
"""
