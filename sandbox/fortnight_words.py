"""What the people of the generated weeks say. Invented, every word; the numbers lead nowhere."""

from bot.complaints.terms import Category, Consequence, Phase

SITES = ("Central", "Harbour", "University")

COMMENTS = {
    "en": (
        "The nurse was kind and explained every step. Thank you!",
        "Quick and painless, I hardly noticed.",
        "The waiting room was full and nobody said how long it would take.",
        "Friendly staff. More chairs in the corridor would help.",
        "Parking was hard to find, otherwise all good.",
        "I waited almost an hour although I had an appointment.",
        "They found the vein at the first try, which never happens to me.",
        "It was noisy at the counter; others could hear my name.",
        "Very clear about when the results would come.",
        "Please open earlier, I had to go to work after fasting.",
    ),
    "es": (
        "La enfermera fue muy amable y me explicó todo. ¡Gracias!",
        "Rápido y sin dolor.",
        "La sala de espera estaba llena y nadie avisó cuánto tardarían.",
        "Muy buen trato, aunque faltan sillas en el pasillo.",
        "Esperé casi una hora aunque tenía cita.",
        "Me explicaron bien cuándo estarían los resultados.",
        "Había mucho ruido en el mostrador y se oía mi nombre.",
        "Por favor, abran más temprano: venía en ayunas.",
    ),
}

TELLING = {
    "en": (
        "Please call me about the bill: 555-0142-7788.",
        "I wrote to you twice from mara.l@example.org and got no answer.",
        "Nobody could find my order 20418833, I had to wait for a second label.",
    ),
    "es": (
        "Llámenme por favor al 600 555 014, no entendí la factura.",
        "Escribí a luis.r@example.org y nadie contestó.",
        "No encontraban mi orden 20418833 y tuve que esperar otra etiqueta.",
    ),
}

COMPLAINTS = (
    (
        Category.TURNAROUND,
        Phase.POST_EXAMINATION,
        Consequence.MODERATE,
        "Potassium requested at 8:00, reported at 15:00.",
    ),
    (
        Category.SPECIMEN,
        Phase.PRE_EXAMINATION,
        Consequence.MODERATE,
        "Sample rejected as clotted; nobody called the ward.",
    ),
    (
        Category.COURTESY,
        Phase.PRE_EXAMINATION,
        Consequence.MINOR,
        "The person at the counter was short with my mother.",
    ),
    (
        Category.COURIER,
        Phase.PRE_EXAMINATION,
        Consequence.MINOR,
        "The afternoon pick-up came an hour late again.",
    ),
    (
        Category.REPORT_FORMAT,
        Phase.POST_EXAMINATION,
        Consequence.MINOR,
        "The reference range is missing on the faxed report.",
    ),
    (Category.BILLING, Phase.GENERAL, Consequence.MINOR, "I was billed twice for the same visit."),
    (
        Category.RESULT_ACCURACY,
        Phase.EXAMINATION,
        Consequence.MODERATE,
        "Haemoglobin does not fit the patient; please repeat.",
    ),
    (
        Category.TURNAROUND,
        Phase.POST_EXAMINATION,
        Consequence.MINOR,
        "The culture was promised for Tuesday and came on Thursday.",
    ),
    (
        Category.SUPPLIES,
        Phase.PRE_EXAMINATION,
        Consequence.MINOR,
        "We have run out of citrate tubes for the second time.",
    ),
    (Category.IT, Phase.GENERAL, Consequence.MODERATE, "Orders from our clinic have not arrived since noon."),
    (Category.CALL_BACK, Phase.GENERAL, Consequence.MINOR, "Asks for a call back about the last visit."),
    (
        Category.SPECIMEN,
        Phase.PRE_EXAMINATION,
        Consequence.MINOR,
        "Label on the wrong tube, noticed before sending.",
    ),
)

UNACKNOWLEDGED = (
    Category.CRITICAL_VALUE,
    Phase.POST_EXAMINATION,
    Consequence.SERIOUS,
    "A critical potassium was not phoned to the ward.",
)

OUTCOMES = (
    "Explained to the reporter; the procedure was gone through again with the shift.",
    "Cause found and removed; the reporter was called.",
    "Corrected and sent again, with an apology.",
)
