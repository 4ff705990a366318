"""The pure heart: a questionnaire, a state and an event in; the next state and its effects out."""
