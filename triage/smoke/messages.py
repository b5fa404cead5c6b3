"""What the smoke client sends, in our own words."""

MIXED = [
    {"message": "My husband has collapsed and is not breathing", "age_years": 69, "sex": "male"},
    {"message": "choking on a sweet, no air, turning blue", "age_years": 5},
    {"message": "GCS 5 after fall from ladder, snoring", "location": "12 Orchard Road"},
    {"message": "tight chest pain into the jaw for half an hour, sweating", "age_years": 61},
    {"message": "her face droops and the arm is weak, started at nine", "age_years": 77},
    {"message": "bad asthma, single words only, inhaler empty", "age_years": 19},
    {"message": "HR 128 RR 27 T 39.5 BP 96/60 confused", "age_years": 80, "source_level": 1},
    {"message": "took all my tablets an hour ago, I want to die"},
    {"message": "wrist bent after a fall, fingers are warm", "age_years": 48},
    {"message": "vomiting for two days, can't keep water down", "age_years": 33},
    {"message": "lower right belly pain with fever", "age_years": 17, "location": "Elm Close 2"},
    {"message": "scalded forearm, large blisters", "age_years": 27},
    {"message": "cut finger, stopped bleeding, may need stitches"},
    {"message": "burning when passing urine, no fever", "age_years": 29, "sex": "female"},
    {"message": "ear pain since yesterday, plays normally", "age_years": 4},
    {"message": "twisted ankle, can hobble", "age_years": 22},
    {"message": "need a repeat prescription, feel well", "age_years": 64},
    {"message": "what time does the pharmacy close"},
    {"message": "runny nose, no fever", "age_years": 30},
    {"message": "la cheville me fait mal depuis hier, je marche", "age_years": 40},
]
CALM = [
    {"message": "runny nose and sneezing for three days, no fever, feels well"},
    {"message": "need my blood pressure tablets renewed, feeling fine"},
    {"message": "dry itchy skin on the elbow for weeks"},
    {"message": "stitches should come out, the wound is clean and dry"},
]
IMMEDIATE = {"message": "My father collapsed, he is not breathing", "age_years": 70}
